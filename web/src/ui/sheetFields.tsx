/** The form parts that only stand in sheets: longer texts, lists to choose from, dates. What is said in fields.tsx holds for them too. */
import { useId } from 'preact/hooks';
import { FieldNotes } from './fields.tsx';
import { keepHelpersOut } from './keepHelpersOut.ts';

type AreaProps = {
  label: string;
  /** More of the label, for those who do not see what it stands under. */
  about?: string;
  value: string;
  onInput: (value: string) => void;
  hint?: string;
  error?: string | undefined;
  rows?: number;
  autofocus?: boolean;
};

export function AreaField({ label, about, value, onInput, hint, error, rows = 3, autofocus }: AreaProps) {
  const id = useId();
  const described = [hint ? `${id}-h` : '', error ? `${id}-e` : ''].filter(Boolean).join(' ');
  return (
    <div class={error ? 'nhsuk-form-group nhsuk-form-group--error' : 'nhsuk-form-group'}>
      <label class="nhsuk-label" for={id}>
        {label}
        {about && <span class="vh">{about}</span>}
      </label>
      <FieldNotes id={id} hint={hint} error={error} />
      <textarea
        class={error ? 'nhsuk-input nhsuk-input--area nhsuk-input--error' : 'nhsuk-input nhsuk-input--area'}
        id={id}
        ref={keepHelpersOut}
        rows={rows}
        value={value}
        autocomplete="off"
        aria-describedby={described || undefined}
        aria-invalid={error ? true : undefined}
        data-autofocus={autofocus || undefined}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </div>
  );
}

type SelectProps<T extends string> = {
  label: string;
  /** More of the label, for those who do not see what it stands beside. */
  about?: string;
  hint?: string;
  id?: string;
  options: { value: T; label: string }[];
  value: T;
  onChange: (value: T) => void;
};

export function SelectField<T extends string>({
  label,
  about,
  hint,
  options,
  value,
  onChange,
  ...props
}: SelectProps<T>) {
  const made = useId();
  const id = props.id ?? made;
  return (
    <div class="nhsuk-form-group select">
      <label class="nhsuk-label" for={id}>
        {label}
        {about && <span class="vh">{about}</span>}
      </label>
      <FieldNotes id={id} hint={hint} error={undefined} />
      <select
        class="nhsuk-input"
        id={id}
        value={value}
        aria-describedby={hint ? `${id}-h` : undefined}
        onChange={(event) => {
          const chosen = options.find((option) => option.value === event.currentTarget.value);
          if (chosen) onChange(chosen.value);
        }}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value} selected={option.value === value}>
            {option.label}
          </option>
        ))}
      </select>
    </div>
  );
}

export type DateParts = { day: string; month: string; year: string };

export function DateField(props: {
  legend: string;
  value: DateParts;
  error?: string | undefined;
  disabled?: boolean;
  onInput: (value: DateParts) => void;
}) {
  const { legend, value, error, onInput } = props;
  const id = useId();
  const part = (key: keyof DateParts, label: string, width: 2 | 4) => (
    <div class="nhsuk-date-input__item">
      <div class="nhsuk-form-group">
        <label class="nhsuk-label nhsuk-date-input__label" for={`${id}-${key}`}>
          {label}
        </label>
        <input
          class={`nhsuk-input nhsuk-date-input__input nhsuk-input--width-${width} ${error ? 'nhsuk-input--error' : ''}`}
          id={`${id}-${key}`}
          inputMode="numeric"
          maxLength={width}
          autocomplete="off"
          value={value[key]}
          aria-invalid={error && key === 'day' ? true : undefined}
          disabled={props.disabled}
          onInput={(event) => onInput({ ...value, [key]: event.currentTarget.value })}
        />
      </div>
    </div>
  );
  return (
    <div class={error ? 'nhsuk-form-group nhsuk-form-group--error' : 'nhsuk-form-group'}>
      <fieldset class="nhsuk-fieldset" aria-describedby={error ? `${id}-e` : undefined}>
        <legend class="nhsuk-fieldset__legend">{legend}</legend>
        <FieldNotes id={id} hint={undefined} error={error} />
        <div class="nhsuk-date-input">
          {part('day', 'Day', 2)}
          {part('month', 'Month', 2)}
          {part('year', 'Year', 4)}
        </div>
      </fieldset>
    </div>
  );
}
