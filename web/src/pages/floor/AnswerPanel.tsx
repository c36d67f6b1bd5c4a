import { Check, Clock, Info, X, type IconNode } from "lucide";

import { Icon } from "../../parts/Icon.js";
import type { Answer, Look } from "./floor.js";
import { words } from "./words.js";

/** The sign beside the color, for those who do not see the color. */
const signs: Partial<Record<Look, IconNode>> = { shown: Info, done: Check, waiting: Clock, refused: X };

/** The answer to the last scan or button, to be read from two meters away. */
export function AnswerPanel({ answer }: { answer: Answer }) {
  const { look, title, text, detail, requestId, no } = answer;
  const sign = signs[look];
  return (
    <div class={`floor-answer floor-answer-${look}`} role="status" aria-live="assertive">
      <div class="floor-answer-flash" key={no} aria-hidden="true" />
      {sign && <Icon node={sign} />}
      <div class="floor-answer-words">
        <p class="floor-answer-title">{title}</p>
        <p class="floor-answer-text">{text}</p>
        {detail !== undefined && <p class="floor-answer-detail">{detail}</p>}
        {requestId !== undefined && <p class="floor-answer-request">{words.requestId(requestId)}</p>}
      </div>
    </div>
  );
}
