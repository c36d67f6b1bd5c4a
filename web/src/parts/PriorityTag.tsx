import { ChevronDown, ChevronsUp, ChevronUp, Minus, type IconNode } from "lucide";

import type { Schemas } from "../api.js";
import { words } from "../words.js";
import { Icon } from "./Icon.js";

const icons: Record<Schemas["JobPriority"], IconNode> = { low: ChevronDown, normal: Minus, high: ChevronUp, urgent: ChevronsUp };

/** The priority of a job, if it has one. */
export function PriorityTag({ priority }: { priority: Schemas["JobPriority"] | undefined }) {
  if (priority === undefined) return null;
  return (
    <span class={`tag priority-${priority}`}>
      <Icon node={icons[priority]} /> {words.priorities[priority]}
    </span>
  );
}
