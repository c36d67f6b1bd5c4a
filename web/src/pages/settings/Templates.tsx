import { useSignal } from "@preact/signals";
import { Plus } from "lucide";

import { client, type Schemas } from "../../api.js";
import { useLoaded } from "../../loaded.js";
import { announce } from "../../parts/Announcement.js";
import { Failure } from "../../parts/Failure.js";
import { Icon } from "../../parts/Icon.js";
import { SendDialog } from "../../parts/SendDialog.js";
import { words as shared } from "../../words.js";
import { TemplateDialog, type EditedTemplate } from "./TemplateDialog.js";
import { words } from "./words.js";

type Open =
  | { name: "nothing" }
  | { name: "new" }
  | { name: "edit"; edited: EditedTemplate }
  | { name: "delete"; edited: EditedTemplate }
  | { name: "refused"; error: unknown };

async function loadTemplates(): Promise<Schemas["Template"][]> {
  const templates: Schemas["Template"][] = [];
  for await (const page of client().pages("/api/templates")) templates.push(...page);
  return templates;
}

/** The route templates: list, create, edit, and delete. */
export function Templates() {
  const open = useSignal<Open>({ name: "nothing" });
  const { loaded, reload } = useLoaded(loadTemplates, []);
  const shut = () => (open.value = { name: "nothing" });
  // A template is read again when its dialog opens, because the list has no versions.
  const openWith = async (name: "edit" | "delete", { id }: Schemas["Template"]) => {
    try {
      const { data, response } = await client().templates.get(id).withResponse();
      open.value = { name, edited: { template: data, etag: response.headers.get("ETag") ?? "" } };
    } catch (error) {
      open.value = { name: "refused", error };
    }
  };
  const remove = async ({ template, etag }: EditedTemplate) => {
    await client().templates.delete(template.id, { ifMatch: etag });
    announce(words.templateDeleted(template.name));
    await reload();
  };
  const at = open.value;
  return (
    <section class="card" aria-labelledby="templates">
      <h2 id="templates">{words.templates}</h2>
      <p>{words.templatesHint}</p>
      {loaded.name === "loading" && <p class="loading">{shared.loading}</p>}
      {loaded.name === "failed" && <Failure error={loaded.error} retry={() => void reload()} />}
      {loaded.name === "loaded" && loaded.value.length === 0 && <p>{words.noTemplates}</p>}
      {loaded.name === "loaded" && loaded.value.length > 0 && (
        <ul class="template-list">
          {loaded.value.map((template) => (
            <li key={template.id}>
              <strong>{template.name}</strong>
              <span class="muted">{words.steps(template.steps.length)}</span>
              <div class="actions">
                <button type="button" aria-label={words.editTemplate(template.name)} onClick={() => void openWith("edit", template)}>
                  {words.edit}
                </button>
                <button type="button" class="danger" aria-label={words.deleteTemplate(template.name)} onClick={() => void openWith("delete", template)}>
                  {words.delete}
                </button>
              </div>
            </li>
          ))}
        </ul>
      )}
      {at.name === "refused" && <Failure error={at.error} />}
      <button type="button" onClick={() => (open.value = { name: "new" })}>
        <Icon node={Plus} /> {words.newTemplate}
      </button>
      {at.name === "new" && <TemplateDialog edited={undefined} onClose={shut} onDone={() => void reload()} />}
      {at.name === "edit" && <TemplateDialog edited={at.edited} onClose={shut} onDone={() => void reload()} />}
      {at.name === "delete" && (
        <SendDialog title={words.deleteTemplate(at.edited.template.name)} label={words.delete} isDanger send={() => remove(at.edited)} onClose={shut}>
          <p>{words.deleteText}</p>
        </SendDialog>
      )}
    </section>
  );
}
