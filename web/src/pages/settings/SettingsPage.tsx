import { useSignal } from "@preact/signals";

import { hasKey, mayWrite, session, signIn, signOut } from "../../api.js";
import { Failure } from "../../parts/Failure.js";
import "../../shared.js";
import { theme, themes } from "../../theme.js";
import { words as common } from "../../words.js";
import { StationSettings } from "./StationSettings.js";
import { Templates } from "./Templates.js";
import { words } from "./words.js";

/** Sign-in, what this device is, its theme, and the route templates. */
export function SettingsPage() {
  return (
    <>
      <h1>{common.settings}</h1>
      <SignIn />
      <StationSettings />
      <section class="card" aria-labelledby="theme">
        <h2 id="theme">{words.theme}</h2>
        <div class="choices" role="radiogroup" aria-labelledby="theme">
          {themes.map((name) => (
            <label key={name}>
              <input type="radio" name="theme" checked={theme.value === name} onChange={() => (theme.value = name)} /> {words.themes[name]}
            </label>
          ))}
        </div>
      </section>
      {mayWrite() && <Templates />}
    </>
  );
}

type SignInState = { name: "ready" } | { name: "waiting" } | { name: "refused"; error: unknown };

function SignIn() {
  const key = useSignal("");
  const stay = useSignal(false);
  const state = useSignal<SignInState>({ name: "ready" });
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    state.value = { name: "waiting" };
    try {
      await signIn(key.value.trim(), stay.value);
      key.value = "";
      state.value = { name: "ready" };
    } catch (error) {
      state.value = { name: "refused", error };
    }
  };
  return (
    <section class="card" aria-labelledby="sign-in">
      <h2 id="sign-in">{words.signIn}</h2>
      <p role="status">{describeSession()}</p>
      <form class="form" onSubmit={(event) => void submit(event)}>
        <label>
          {words.key}
          <input type="password" autocomplete="current-password" required value={key.value} onInput={(event) => (key.value = event.currentTarget.value)} />
        </label>
        <label class="check">
          <input type="checkbox" checked={stay.value} onChange={(event) => (stay.value = event.currentTarget.checked)} /> {words.stay}
        </label>
        {state.value.name === "refused" && <Failure error={state.value.error} />}
        <div class="actions">
          <button class="primary" disabled={state.value.name === "waiting"}>
            {words.signIn}
          </button>
          {hasKey() && (
            <button type="button" onClick={signOut}>
              {words.signOut}
            </button>
          )}
        </div>
      </form>
    </section>
  );
}

function describeSession(): string {
  const at = session.value;
  switch (at.name) {
    case "loading":
      return common.loading;
    case "signedOut":
      return words.signedOut;
    case "unreachable":
      return at.message;
    case "open":
      if (!at.session.keysRequired) return words.openServer;
      return words.signedIn(at.session.name ?? "", words.roles[at.session.role]);
  }
}
