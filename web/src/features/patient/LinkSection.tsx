/** How the patient of a thread was identified, whether it still stands in the record, and the way to know better. */
import type { PatientLink, ThreadHead } from '../../core/contract.ts';
import { whenInWords } from '../../ui/dates.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { AcknowledgedIcon, FailedIcon } from '../../ui/icons/states.tsx';
import { InfoIcon } from '../../ui/icons/tools.tsx';
import { useTask } from '../../ui/useTask.ts';
import { listed } from '../../ui/words.ts';
import { useClient } from '../session/client.ts';
import { format } from '../shell/routes.ts';
import { differingParts, endingWords, namesakeKey, nhsNumber } from './format.ts';
import { standingWords } from './standingWords.ts';

export function LinkSection({ head, link, now }: { head: ThreadHead; link: PatientLink; now: number }) {
  const client = useClient();
  const task = useTask();
  const { patient, standing, readOnly } = head;
  const temporary = patient?.temporary !== undefined;

  function check() {
    task.run(async () => {
      await client.wardline.checkPatient({ thread: head.id });
      client.announce('The record has answered');
    });
  }

  return (
    <section class="det" aria-labelledby="det-link">
      <h2 id="det-link">Patient link</h2>
      {head.quarantine ? (
        <p class="st st--bad det__ok">
          <FailedIcon />
          <span>
            Linked to the wrong patient, {whenInWords(link.at, now)}, {link.by.name}
          </span>
        </p>
      ) : (
        <p class={temporary ? 'st det__ok' : 'st st--ok det__ok'}>
          {temporary ? <InfoIcon /> : <AcknowledgedIcon />}
          <span>
            {temporary
              ? 'A temporary identity: its name and number matched the hospital’s record'
              : `Name, birth date and ${link.identifiedBy === 'nhs-number' ? 'NHS' : 'hospital'} number matched the record`}
            , {whenInWords(link.at, now)}, {link.by.name}
          </span>
        </p>
      )}
      {link.supersededFrom && (
        <p class="small">The record replaced the number {nhsNumber(link.supersededFrom)} by the one in the banner.</p>
      )}
      {link.namesakes.map((namesake) => (
        <p class="small" key={namesakeKey(namesake)}>
          <b>Do not mix up with {namesake.name}</b>, {endingWords(namesake, link.identifiedBy)}. Different:{' '}
          {listed(differingParts(namesake))}.
        </p>
      ))}
      {standing && !head.quarantine && (
        <p class="small" role="status">
          {standingWords[standing.outcome]}, checked {whenInWords(standing.at, now)}.
        </p>
      )}
      {!readOnly && (
        <div class="row det__acts">
          {temporary ? (
            <a class="btn btn--s" href={format({ at: 'identify', thread: head.id })}>
              Identify this patient
            </a>
          ) : null}
          <button type="button" class="btn btn--s" aria-disabled={task.busy} onClick={check}>
            {task.busy ? 'Asking the record…' : 'Check with the record'}
          </button>
          {!temporary && (
            <a class="btn btn--s btn--quiet" href={format({ at: 'identify', thread: head.id })}>
              Identify again
            </a>
          )}
        </div>
      )}
      <FaultBox fault={task.fault} />
    </section>
  );
}
