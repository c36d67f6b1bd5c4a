import type { Schemas } from "../../api.js";
import { words } from "./words.js";

interface ActionButtonsProps {
  actions: readonly Schemas["SerialAction"][];
  /** The name of the step that the actions are about, "" for those of the unit as a whole. */
  stepName: string;
  onChoose: (action: Schemas["SerialAction"]) => void;
}

/** The actions as buttons. Those that the server would refuse are disabled, and its reason stands next to them. */
export function ActionButtons({ actions, stepName, onChoose }: ActionButtonsProps) {
  const refused = actions.filter(({ allowed }) => !allowed);
  return (
    <div class="unit-actions">
      <div class="actions">
        {actions
          .filter(({ allowed }) => allowed)
          .map((action) => (
            <button key={keyOf(action)} type="button" class={classOf(action)} aria-label={nameOf(action, stepName)} onClick={() => onChoose(action)}>
              {labelOf(action)}
            </button>
          ))}
      </div>
      {refused.length > 0 && (
        <details class="refused" open={stepName === ""}>
          <summary>{words.notPossible(refused.length)}</summary>
          <ul>
            {refused.map((action) => (
              <li key={keyOf(action)}>
                <button type="button" disabled aria-label={nameOf(action, stepName)}>
                  {labelOf(action)}
                </button>
                <span>{action.reason}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

const keyOf = (action: Schemas["SerialAction"]) => `${action.action} ${action.stepId ?? ""}`;

/** Returns the text of a button. */
export const labelOf = ({ action, stepId }: Schemas["SerialAction"]) => (action === "advance_to" && stepId === undefined ? words.toEnd : words.actions[action]);

/** Returns the name of a button, which differs from that of every other button of the page. */
export const nameOf = (action: Schemas["SerialAction"], stepName: string) => (stepName === "" ? labelOf(action) : words.actionAt(labelOf(action), stepName));

function classOf({ action }: Schemas["SerialAction"]): string {
  if (action === "advance") return "primary";
  return action === "scrap" || action === "delete" || action === "force_complete" ? "danger" : "";
}
