import { useId } from "preact/hooks";

interface Field {
  label: string;
  value: string;
  /** The server's sentence about the field, if there is one. */
  error?: string | undefined;
  hint?: string;
  onChange: (value: string) => void;
}

/** What else a field for one line may have. */
interface Input {
  inputMode?: "text" | "numeric";
  placeholder?: string;
  required?: boolean;
}

/** A field for one line of text. */
export function TextField({ label, value, error, hint, onChange, ...input }: Field & Input) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        {...input}
        id={id}
        value={value}
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-hint`}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      <FieldHint id={`${id}-hint`} error={error} hint={hint} />
    </div>
  );
}

/** A field for a date, such as 2026-12-01. */
export function DateField({ label, value, error, hint, onChange }: Field) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        type="date"
        id={id}
        value={value}
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-hint`}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      <FieldHint id={`${id}-hint`} error={error} hint={hint} />
    </div>
  );
}

/** A field for several lines of text. */
export function TextArea({ label, value, error, hint, onChange, rows = 5 }: Field & { rows?: number }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        rows={rows}
        value={value}
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-hint`}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      <FieldHint id={`${id}-hint`} error={error} hint={hint} />
    </div>
  );
}

function FieldHint({ id, error, hint }: { id: string; error: string | undefined; hint: string | undefined }) {
  return (
    <p id={id} class={error === undefined ? "hint" : "field-error"}>
      {error ?? hint}
    </p>
  );
}

/** A choice of one of several values. */
export function Choice<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: T;
  options: readonly (readonly [value: T, text: string])[];
  onChange: (value: T) => void;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value as T)}>
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}
