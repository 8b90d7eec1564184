/**
 * Words that are written outside a conversation's box and that others read: they are checked like a message, before they go anywhere. The
 * core refuses them as well, whatever is shown here.
 */
import { useState } from 'preact/hooks';
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

  async function pass(): Promise<boolean> {
    const findings = text.trim() === '' ? [] : await client.wardline.checkText({ ...about, text });
    const stopping = findings.find(({ stops }) => stops);
    setFound(stopping);
    return !stopping;
  }

  const block = finding && (
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
  );
  return { pass, block };
}
