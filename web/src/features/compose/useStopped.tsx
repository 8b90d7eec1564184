/**
 * Words that are written outside a conversation's box and that others read: they are checked like a message, before they go anywhere. The
 * core refuses them as well, whatever is shown here.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Finding, LookupId, Patient, ThreadId } from '../../core/contract.ts';
import { shortPatientName } from '../patient/format.ts';
import { useClient } from '../session/client.ts';
import { stillThere, withoutFinding } from './rules.ts';
import { Stopped } from './Stopped.tsx';

type Words = {
  /** The thread that they are for, or the look-up that it is to be made of. */
  about: { thread: ThreadId } | { lookup: LookupId };
  patient: Patient | undefined;
  text: string;
  put: (text: string) => void;
};

/** `pass` says whether they may go; `block` is drawn under them while they may not. */
export function useStopped({ about, patient, text, put }: Words) {
  const client = useClient();
  const [found, setFound] = useState<Finding>();
  const finding = found && stillThere(text, found);
  const box = useRef<HTMLDivElement>(null);
  // On a phone it would stand below the edge of the sheet, with its button.
  useEffect(() => box.current?.scrollIntoView({ block: 'nearest' }), [found]);

  async function pass(): Promise<boolean> {
    const findings = text.trim() === '' ? [] : await client.wardline.checkText({ ...about, text });
    const stopping = findings.find(({ stops }) => stops);
    setFound(stopping);
    return !stopping;
  }

  const block = finding && (
    <div ref={box}>
      <Stopped
        finding={finding}
        patient={patient && shortPatientName(patient)}
        unknown={patient?.temporary !== undefined}
        onRemove={() => {
          put(withoutFinding(text, finding));
          setFound(undefined);
        }}
        onPatientThread={() => client.router.go({ at: 'new-patient' })}
      />
    </div>
  );
  return { pass, block };
}
