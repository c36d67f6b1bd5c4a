import { CircleCheck, CircleX, LoaderCircle } from "lucide";

import { session } from "../api.js";
import { connection } from "../live.js";
import { Icon } from "../parts/Icon.js";
import { words } from "../words.js";

const time = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

/** Whether the page shows what the server knows now. Data stays on the page while the connection is lost, in gray. */
export function ConnectionState() {
  if (session.value.name === "signedOut") return null;
  const at = connection.value;
  document.documentElement.classList.toggle("lost", at.name === "lost");
  switch (at.name) {
    case "connecting":
      return <p class="connection"><Icon node={LoaderCircle} /> <span>{words.connecting}</span></p>;
    case "live":
      return <p class="connection connection-live"><Icon node={CircleCheck} /> <span>{words.live}</span></p>;
    case "lost":
      return <p class="connection connection-lost" role="alert"><Icon node={CircleX} /> <span>{words.lost(time.format(at.since))}</span></p>;
  }
}
