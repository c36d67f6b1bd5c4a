import { useSignal } from "@preact/signals";

import type { Schemas } from "../api.js";
import { plannerWords } from "../plannerWords.js";
import { SendDialog } from "./SendDialog.js";
import { Choice, TextField } from "./TextField.js";

/** Why units are scrapped, as the API takes it. */
export type ScrapCause = Pick<Schemas["SerialScrap"], "reason" | "explanation">;

const reasons = Object.entries(plannerWords.scrapReasons) as [Schemas["ScrapReason"], string][];

/** Asks why units are scrapped. */
export function ScrapDialog({ title, send, onClose }: { title: string; send: (cause: ScrapCause) => Promise<void>; onClose: () => void }) {
  const reason = useSignal<Schemas["ScrapReason"]>("damaged");
  const explanation = useSignal("");
  const cause = () => ({ reason: reason.value, ...(explanation.value.trim() !== "" && { explanation: explanation.value.trim() }) });
  return (
    <SendDialog title={title} label={plannerWords.scrap} isDanger send={() => send(cause())} onClose={onClose}>
      <Choice label={plannerWords.reason} value={reason.value} options={reasons} onChange={(value) => (reason.value = value)} />
      <TextField label={plannerWords.explanation} value={explanation.value} onChange={(text) => (explanation.value = text)} />
    </SendDialog>
  );
}
