/** Choosing a PIN, twice. What is too easy to guess is refused with the reason, and a date of birth is worth a word (R24). */
import { useEffect, useRef, useState } from 'preact/hooks';
import { looksLikeBirthday, type PinProblem, pinProblem } from '../../core/pin.ts';
import { WarningIcon } from '../../ui/icons/tools.tsx';
import { PinPad } from './PinPad.tsx';

const reasons: Record<PinProblem, string> = {
  short: 'A PIN has at least six digits.',
  long: 'A PIN has at most twelve digits.',
  digits: 'A PIN has digits only.',
  same: 'That is one digit again and again. It is the first thing people try.',
  run: 'Those digits run up or down. It is among the first things people try.',
  repeat: 'That repeats two or three digits. It is easy to see and to guess.',
  common: 'Many people choose that one, so it is tried early.',
};

type Props = { busy: boolean; action: string; onChosen: (pin: Uint8Array<ArrayBuffer>) => void };

export function PinChoice({ busy, action, onChosen }: Props) {
  const first = useRef<Uint8Array<ArrayBuffer> | undefined>(undefined);
  const [step, setStep] = useState<'choose' | 'again'>('choose');
  const [said, setSaid] = useState('');
  const [birthday, setBirthday] = useState(false);
  useEffect(() => () => void first.current?.fill(0), []);

  function choose(pin: Uint8Array<ArrayBuffer>) {
    const problem = pinProblem(pin);
    if (problem) {
      pin.fill(0);
      setSaid(`${reasons[problem]} Choose another.`);
      return;
    }
    setSaid('');
    setBirthday(looksLikeBirthday(pin));
    first.current = pin;
    setStep('again');
  }

  function repeat(pin: Uint8Array<ArrayBuffer>) {
    const same = pin.length === first.current?.length && pin.every((digit, at) => digit === first.current?.[at]);
    first.current?.fill(0);
    setStep('choose');
    if (same) {
      setSaid('');
      onChosen(pin);
      return;
    }
    pin.fill(0);
    setSaid('The two were not the same. Choose it once more.');
  }

  return (
    <div class="stack">
      <div role="alert">
        {said && (
          <p class="nhsuk-error-message">
            <span class="vh">Error: </span>
            {said}
          </p>
        )}
      </div>
      {step === 'again' && birthday && (
        <p class="pinnote small" role="status">
          <WarningIcon />
          This looks like a date of birth. Somebody who knows you could guess it.
        </p>
      )}
      <PinPad
        key={step}
        label={step === 'choose' ? 'Choose a PIN of 6 to 12 digits' : 'The same again'}
        action={busy ? 'Setting your PIN…' : step === 'choose' ? 'Go on' : action}
        busy={busy}
        onPin={step === 'choose' ? choose : repeat}
      />
    </div>
  );
}
