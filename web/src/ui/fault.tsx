/** An expected failure, shown where the person is looking, in plain words with what to do next. */
import { useEffect, useRef } from 'preact/hooks';
import { FailedIcon } from './icons/states.tsx';

export type Fault = { code: string; message: string; hint?: string };

/** Anything that was thrown, as something that can be shown. What is not one of ours is our mistake and says so. */
export function asFault(thrown: unknown): Fault {
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && 'message' in thrown) {
    const { code, message } = thrown;
    const hint = 'hint' in thrown && typeof thrown.hint === 'string' ? thrown.hint : undefined;
    if (typeof code === 'string' && typeof message === 'string') return { code, message, ...(hint ? { hint } : {}) };
  }
  return {
    code: 'screen.unexpected',
    message: 'Something went wrong in Wardline itself.',
    hint: 'Try again. If it stays, lock Wardline and unlock it, then tell the service desk.',
  };
}

export function FaultBox({ fault }: { fault: Fault | undefined }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.scrollIntoView({ block: 'nearest' }), [fault]);
  return (
    <div role="alert">
      {fault && (
        <div class="fault" ref={box}>
          <FailedIcon />
          <p>
            <b>{fault.message}</b>
            {fault.hint && <span class="small">{fault.hint}</span>}
          </p>
        </div>
      )}
    </div>
  );
}
