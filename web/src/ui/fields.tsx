/**
 * Form parts on nhsuk classes, with label, hint and error tied to the control. Nothing typed here is offered to spelling services,
 * translators or the browser's memory (R34).
 */
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { keepHelpersOut } from './keepHelpersOut.ts';

/** After a refused attempt: to the first thing that has to be mended. Call it when the marks are set; it waits for them to be drawn. */
export function focusFirstError(): void {
  requestAnimationFrame(() => {
    const within = document.querySelector('dialog[open]') ?? document;
    within.querySelector<HTMLElement>('[aria-invalid="true"], [data-invalid]')?.focus();
  });
}

type TextProps = {
  label: string;
  value: string;
  onInput: (value: string) => void;
  hint?: string | undefined;
  error?: string | undefined;
  type?: 'text' | 'password';
  autocomplete?: string;
  inputMode?: 'numeric' | 'text';
  maxLength?: number;
  width?: 2 | 4 | 10 | 20;
  code?: boolean;
  /** It is being sent: it stays as it is, and keeps the focus. */
  busy?: boolean;
  autofocus?: boolean;
};

export function TextField(props: TextProps) {
  const {
    label,
    value,
    onInput,
    hint,
    error,
    type = 'text',
    autocomplete = 'off',
    inputMode,
    maxLength,
    width,
    code,
  } = props;
  const id = useId();
  const described = [hint ? `${id}-h` : '', error ? `${id}-e` : ''].filter(Boolean).join(' ');
  return (
    <div class={error ? 'nhsuk-form-group nhsuk-form-group--error' : 'nhsuk-form-group'}>
      <label class="nhsuk-label" for={id}>
        {label}
      </label>
      <FieldNotes id={id} hint={hint} error={error} />
      <input
        class={[
          'nhsuk-input',
          error ? 'nhsuk-input--error' : '',
          width ? `nhsuk-input--width-${width}` : '',
          code ? 'nhsuk-input--code' : '',
        ].join(' ')}
        id={id}
        ref={keepHelpersOut}
        {...(type === 'password' ? { type } : { type: 'text' as const })}
        value={value}
        autocomplete={autocomplete}
        autocapitalize="off"
        inputMode={inputMode}
        maxLength={maxLength}
        readOnly={props.busy}
        aria-describedby={described || undefined}
        aria-invalid={error ? true : undefined}
        data-autofocus={props.autofocus || undefined}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </div>
  );
}

/** The hint and the error of a field, below its label. */
export function FieldNotes({ id, hint, error }: { id: string; hint: string | undefined; error: string | undefined }) {
  return (
    <>
      {hint && (
        <div class="nhsuk-hint" id={`${id}-h`}>
          {hint}
        </div>
      )}
      {error && (
        <span class="nhsuk-error-message" id={`${id}-e`}>
          <span class="vh">Error: </span>
          {error}
        </span>
      )}
    </>
  );
}

type CheckProps = {
  checked: boolean;
  onChange: (checked: boolean) => void;
  small?: boolean;
  locked?: boolean;
  /** The id of the message that says why it has to be ticked. */
  describedBy?: string | undefined;
  children: ComponentChildren;
};

export function Check({ checked, onChange, small, locked, describedBy, children }: CheckProps) {
  const id = useId();
  return (
    <div class={small ? 'nhsuk-checkboxes nhsuk-checkboxes--small' : 'nhsuk-checkboxes'}>
      <div class="nhsuk-checkboxes__item">
        <input
          class="nhsuk-checkboxes__input"
          id={id}
          type="checkbox"
          checked={checked}
          aria-disabled={locked || undefined}
          aria-describedby={describedBy}
          aria-invalid={describedBy ? true : undefined}
          onClick={(event) => {
            if (locked) event.preventDefault();
          }}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
        <label class="nhsuk-label nhsuk-checkboxes__label" for={id}>
          {children}
        </label>
      </div>
    </div>
  );
}

type RadiosProps<T extends string> = {
  legend: string;
  hint?: string;
  error?: string | undefined;
  options: { value: T; label: string; hint?: string }[];
  value: T | undefined;
  onChange: (value: T) => void;
};

export function Radios<T extends string>({ legend, hint, error, options, value, onChange }: RadiosProps<T>) {
  const id = useId();
  const described = [hint ? `${id}-h` : '', error ? `${id}-e` : ''].filter(Boolean).join(' ');
  return (
    <div class={error ? 'nhsuk-form-group nhsuk-form-group--error' : 'nhsuk-form-group'}>
      <fieldset class="nhsuk-fieldset" aria-describedby={described || undefined}>
        <legend class="nhsuk-fieldset__legend">{legend}</legend>
        <FieldNotes id={id} hint={hint} error={error} />
        <div class="nhsuk-radios">
          {options.map((option, at) => (
            <div class="nhsuk-radios__item" key={option.value}>
              <input
                class="nhsuk-radios__input"
                id={`${id}-${option.value}`}
                type="radio"
                name={id}
                value={option.value}
                checked={option.value === value}
                data-invalid={error && at === 0 ? true : undefined}
                aria-describedby={option.hint ? `${id}-${option.value}-h` : undefined}
                onChange={() => onChange(option.value)}
              />
              <label class="nhsuk-label nhsuk-radios__label" for={`${id}-${option.value}`}>
                {option.label}
              </label>
              {option.hint && (
                <div class="nhsuk-hint nhsuk-radios__hint" id={`${id}-${option.value}-h`}>
                  {option.hint}
                </div>
              )}
            </div>
          ))}
        </div>
      </fieldset>
    </div>
  );
}
