/**
 * Under the title of a sheet: whose patient the thread is. R51: somebody may say that it is the wrong one while the sheet is open. Then that stands
 * there instead, is said once, and is the reason why the main button of the sheet is off. What was typed stays where it is.
 */
import type { ThreadHead } from '../../core/contract.ts';
import { FailedIcon } from '../../ui/icons/states.tsx';
import { useClient } from '../session/client.ts';
import { Banner } from './Banner.tsx';

const reason = 'sheet-wrong-patient';

export function SheetPatient({ head }: { head: ThreadHead }) {
  const client = useClient();
  if (isWrongPatient(head)) {
    return (
      <div class="wrong wrong--sheet" role="alert">
        <p id={reason}>
          <FailedIcon />
          <span>This conversation is linked to the wrong patient. Do not act on it.</span>
        </p>
      </div>
    );
  }
  return head.patient ? <Banner patient={head.patient} now={client.now.value} /> : null;
}

export const isWrongPatient = ({ quarantine }: ThreadHead): boolean => quarantine !== undefined;

/** For the main button of a sheet with `SheetPatient`. */
export function offFor(
  head: ThreadHead,
  otherwise: boolean,
): { 'aria-disabled': boolean; 'aria-describedby'?: string } {
  return isWrongPatient(head) ? { 'aria-disabled': true, 'aria-describedby': reason } : { 'aria-disabled': otherwise };
}
