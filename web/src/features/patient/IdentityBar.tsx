/** Under the banner: what is to be done about who the patient is. Nothing here stops anybody from deciding or filing. */
import type { PatientStanding, ThreadHead } from '../../core/contract.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { InfoIcon, WarningIcon } from '../../ui/icons/tools.tsx';
import { useTask } from '../../ui/useTask.ts';
import { useClient } from '../session/client.ts';
import { format } from '../shell/routes.ts';
import { nhsNumber } from './format.ts';
import { differentWords } from './standingWords.ts';

/** In a sheet there is no way on to another one: there it only says how it is. */
export function IdentityBar({ head, told }: { head: ThreadHead; told?: true }) {
  const client = useClient();
  const task = useTask();
  const { patient, standing, readOnly } = head;
  if (!patient || readOnly) return null;
  const said: PatientStanding['outcome'] | 'unknown' | undefined =
    standing && standing.outcome !== 'current' ? standing.outcome : patient.temporary ? 'unknown' : undefined;
  if (!said || (told && said === 'unknown')) return null;

  function update() {
    task.run(async () => {
      await client.wardline.updateNumber({ thread: head.id });
      client.announce('The NHS number is up to date');
    });
  }

  const warns = said === 'changed' || said === 'gone';
  return (
    <>
      <div class={warns ? 'bar bar--warn' : 'bar'}>
        {warns ? <WarningIcon /> : <InfoIcon />}
        <span class="grow">{barWords(head, said)}</span>
        {said === 'superseded' ? (
          <button type="button" class="btn btn--s" aria-disabled={task.busy} onClick={update}>
            Update the number
          </button>
        ) : (
          said !== 'gone' && !told && <a href={format({ at: 'identify', thread: head.id })}>{todoWords[said]}</a>
        )}
      </div>
      {task.fault && (
        <div class="block">
          <FaultBox fault={task.fault} />
        </div>
      )}
    </>
  );
}

const todoWords = { unknown: 'Identify this patient', identified: 'Identify', changed: 'Identify again' } as const;

function barWords({ standing, patient }: ThreadHead, said: PatientStanding['outcome'] | 'unknown') {
  switch (said) {
    case 'superseded':
      return (
        <>
          <b>The NHS number has changed</b> to{' '}
          <b class="nowrap">{nhsNumber(standing?.outcome === 'superseded' ? standing.nhsNumber : undefined)}</b>
        </>
      );
    case 'changed':
      return (
        <>
          <b>The record has a different {differentWords(standing)} now:</b> identify the patient again
        </>
      );
    case 'identified':
      return patient?.temporary ? (
        <b>The hospital has identified this patient</b>
      ) : (
        <b>The hospital has another number for this patient</b>
      );
    case 'gone':
      return (
        <>
          <b>The record does not know this number any more.</b> Ask health records who this is
        </>
      );
    default:
      return <b>Nobody knows yet who this is</b>;
  }
}
