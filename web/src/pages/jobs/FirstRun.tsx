import { FileUp, Plus, Store } from "lucide";

import { mayWrite } from "../../api.js";
import { Icon } from "../../parts/Icon.js";
import { words } from "./words.js";

/** What to do first, shown while there is no job at all. */
export function FirstRun({ onImport }: { onImport: () => void }) {
  if (!mayWrite()) return <p class="empty">{words.firstReadOnly}</p>;
  return (
    <div class="first-run">
      <h2>{words.firstTitle}</h2>
      <p>{words.firstText}</p>
      <ul>
        <li>
          <Icon node={Plus} />
          <h3>{words.firstCreate}</h3>
          <p>{words.firstCreateText}</p>
          <a class="button primary" href="/jobs/new">
            {words.firstCreate}
          </a>
        </li>
        <li>
          <Icon node={FileUp} />
          <h3>{words.firstImport}</h3>
          <p>{words.firstImportText}</p>
          <button type="button" onClick={onImport}>
            {words.firstImport}
          </button>
        </li>
        <li>
          <Icon node={Store} />
          <h3>{words.firstSample}</h3>
          <p>{words.firstSampleText}</p>
          <code>{words.firstSampleCommand}</code>
        </li>
      </ul>
    </div>
  );
}
