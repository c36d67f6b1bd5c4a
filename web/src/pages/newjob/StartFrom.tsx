import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { client, session, type Schemas } from "../../api.js";
import { Failure } from "../../parts/Failure.js";
import { JobField } from "../../parts/JobField.js";
import { Choice } from "../../parts/TextField.js";
import { fromJob, withTemplate, withTicket, type JobDraft } from "./draft.js";
import { words } from "./words.js";

type Start = keyof typeof words.starts;

/** What there is to start from, and the error of the last request, if it failed. */
type Sources =
  | { name: "none" }
  | { name: "failed"; error: unknown }
  | { name: "templates"; templates: Schemas["TemplateList"] }
  | { name: "tickets"; tickets: Schemas["JiraTicketList"] };

const shown = 50;

/** Fills the form from another job, a template, or a Jira ticket. */
export function StartFrom({ draft, onChange }: { draft: JobDraft; onChange: (draft: JobDraft) => void }) {
  const start = useSignal<Start>("empty");
  const copied = useSignal("");
  const sources = useSignal<Sources>({ name: "none" });
  const hasJira = session.value.name === "open" && session.value.session.jira;
  const starts = (Object.entries(words.starts) as [Start, string][]).filter(([name]) => name !== "ticket" || hasJira);

  useEffect(() => {
    const abort = new AbortController();
    const load = async (): Promise<Sources> => {
      const { signal } = abort;
      switch (start.value) {
        case "empty":
        case "job":
          return { name: "none" };
        case "template":
          return { name: "templates", templates: await client().templates.list({ signal }) };
        case "ticket":
          return { name: "tickets", tickets: await client().jira.listTickets({ query: { limit: shown }, signal }) };
      }
    };
    load().then(
      (loaded) => {
        if (!abort.signal.aborted) sources.value = loaded;
      },
      (error: unknown) => {
        if (!abort.signal.aborted) sources.value = { name: "failed", error };
      },
    );
    return () => abort.abort();
  }, [start.value]);

  const copyJob = async (id: string) => {
    copied.value = id;
    try {
      onChange(fromJob(await client().jobs.get(id)));
    } catch (error) {
      sources.value = { name: "failed", error };
    }
  };
  const at = sources.value;
  return (
    <div class="form-grid start-from">
      <Choice label={words.start} value={start.value} options={starts} onChange={(name) => (start.value = name)} />
      {start.value === "job" && <JobField label={words.chooseJob} jobId={copied.value} onChange={(id) => void copyJob(id)} />}
      {at.name === "templates" &&
        (at.templates.length === 0 ? (
          <p class="hint">{words.noTemplates}</p>
        ) : (
          <Choice
            label={words.chooseTemplate}
            value=""
            options={[["", words.choose], ...at.templates.map((template) => [template.id, template.name] as const)]}
            onChange={(id) => {
              const template = at.templates.find((one) => one.id === id);
              if (template) onChange(withTemplate(draft, template));
            }}
          />
        ))}
      {at.name === "tickets" &&
        (at.tickets.length === 0 ? (
          <p class="hint">{words.noTickets}</p>
        ) : (
          <Choice
            label={words.chooseTicket}
            value=""
            options={[["", words.choose], ...at.tickets.map((ticket) => [ticket.key, `${ticket.key} ${ticket.summary}`] as const)]}
            onChange={(key) => {
              const ticket = at.tickets.find((one) => one.key === key);
              if (ticket) onChange(withTicket(draft, ticket));
            }}
          />
        ))}
      {at.name === "failed" && <Failure error={at.error} />}
    </div>
  );
}
