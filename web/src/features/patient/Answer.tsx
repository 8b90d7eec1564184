/** What the record says about the three identifiers, and who else could be meant. */
import type { ComponentChildren } from 'preact';
import type { Compared, IdentifyingNumber, Namesake, Patient, PatientAnswer } from '../../core/contract.ts';
import { Differences } from '../../ui/Differences.tsx';
import { Check } from '../../ui/fields.tsx';
import { AcknowledgedIcon, FailedIcon } from '../../ui/icons/states.tsx';
import { BlockedIcon } from '../../ui/icons/tasks.tsx';
import { InfoIcon, OfflineIcon, WarningIcon } from '../../ui/icons/tools.tsx';
import { listed } from '../../ui/words.ts';
import { useClient } from '../session/client.ts';
import { format } from '../shell/routes.ts';
import { bornWithAge, endingOf, isoDate, lastFour, namesakeKey, nhsNumber, patientName } from './format.ts';

type Props = {
  answer: PatientAnswer;
  checked: boolean;
  onChecked: (checked: boolean) => void;
  missing: boolean;
  again?: true;
};

export function Answer(props: Props) {
  const { answer } = props;
  switch (answer.outcome) {
    case 'match':
      return <Match {...props} answer={answer} />;
    case 'no-match':
      return <NoMatch compared={answer.compared} />;
    case 'not-found':
      return (
        <Refusal icon={<BlockedIcon />} title="The record knows no such number">
          Nobody in the index has this number. Read it again from the wristband.
        </Refusal>
      );
    case 'invalidated':
      return (
        <Refusal icon={<BlockedIcon />} title="This NHS number is no longer valid">
          The index has withdrawn it. Ask the records department which number the patient has now.
        </Refusal>
      );
    case 'another':
      return (
        <Refusal icon={<BlockedIcon />} title="Not the patient of this conversation">
          The record says that this is somebody else. Nothing was changed. If the conversation is linked to the wrong
          patient, say so in its details.
        </Refusal>
      );
    case 'known':
    case 'temporary':
      return null; // said beside the number
    case 'unreachable':
      return (
        <Refusal icon={<OfflineIcon />} title="The patient index does not answer">
          Nothing was linked. Try again in a moment. If it cannot wait, call, and link the patient afterwards.
        </Refusal>
      );
  }
}

/** Somebody else could be meant: the wristband decides. */
export const isDoubtful = ({ namesakes, disagrees }: Extract<PatientAnswer, { outcome: 'match' }>): boolean =>
  namesakes.length + disagrees.length > 0;

type MatchProps = Omit<Props, 'answer'> & { answer: Extract<PatientAnswer, { outcome: 'match' }> };

function Match({ answer, checked, onChecked, missing, again }: MatchProps) {
  const { now } = useClient();
  const { patient, namesakes, identifiedBy } = answer;
  return (
    <div class="stack-l">
      <div class="card" role="status">
        <h2>
          The record answers: {answer.compared.filter((each) => each.matches).length} of {answer.compared.length} match
        </h2>
        <ComparedList compared={answer.compared} patient={patient} now={now.value} />
      </div>
      {answer.supersededFrom && (
        <p class="card small">
          <InfoIcon size="s" /> <b>The number has changed.</b> You typed {nhsNumber(answer.supersededFrom)}. The record
          has replaced it by <b class="nowrap">{nhsNumber(patient.nhsNumber)}</b>, which is used from now on.
        </p>
      )}
      {patient.restricted && (
        <p class="card card--warn small">
          <WarningIcon size="s" /> <b>This record is restricted.</b> Your look-up has been logged and the privacy
          officer is told. Go on only if you look after this patient.
        </p>
      )}
      {patient.deceased && (
        <p class="card card--warn small">
          <WarningIcon size="s" />{' '}
          <b>
            The record says that this patient has died
            {patient.deceased === 'unknown' ? '' : ` on ${isoDate(patient.deceased)}`}.
          </b>{' '}
          Check that you have the right person.
        </p>
      )}
      {answer.existing && (
        <p class="card small">
          <b>You already have {again ? 'another' : 'a'} thread about this patient.</b>{' '}
          <a href={format({ at: 'thread', thread: answer.existing })}>Open it</a>
          {again ? '. Both stay, each with what was said in it.' : ', or start another one here.'}
        </p>
      )}
      {namesakes.map((namesake) => (
        <NamesakeCard key={namesakeKey(namesake)} namesake={namesake} patient={patient} by={identifiedBy} />
      ))}
      {answer.disagrees.length > 0 && (
        <p class="card card--warn small">
          <WarningIcon size="s" /> <b>Two records do not agree.</b> The hospital’s own record has another{' '}
          {listed(answer.disagrees.map((each) => disagreeWords[each]))} for this number. Compare the wristband with what
          stands here.
        </p>
      )}
      {isDoubtful(answer) && (
        <div>
          <div class={missing ? 'consent consent--missing' : 'consent'}>
            <Check checked={checked} onChange={onChecked} describedBy={missing ? 'wristband-error' : undefined}>
              I checked the wristband: <b>{patient.given}</b>, {numberWords[identifiedBy]} ending{' '}
              <b>{lastFour(patient, identifiedBy)}</b>
            </Check>
          </div>
          {missing && (
            <span class="nhsuk-error-message" id="wristband-error" role="alert">
              <span class="vh">Error: </span>Look at the wristband first, then tick
            </span>
          )}
        </div>
      )}
    </div>
  );
}

const numberWords = { 'nhs-number': 'NHS number', 'hospital-number': 'hospital number' } as const;

const disagreeWords = { name: 'name', born: 'date of birth' } as const;

const identifierWords: Record<Compared['what'], string> = {
  name: 'Name',
  born: 'Born',
  'nhs-number': 'NHS No.',
  'hospital-number': 'Hospital No.',
};

function ComparedList({ compared, patient, now }: { compared: Compared[]; patient?: Patient; now: number }) {
  return (
    <ul class="stack small">
      {compared.map((each) => (
        <li class="row row--spread" key={each.what}>
          <span>
            {identifierWords[each.what]} <b>{shownValue(each, patient, now)}</b>
          </span>
          {each.matches ? (
            <span class="st st--ok">
              <AcknowledgedIcon />
              Matches
            </span>
          ) : (
            <span class="st st--bad">
              <FailedIcon />
              Does not match
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

function shownValue({ what, asked }: Compared, patient: Patient | undefined, now: number): string {
  if (what === 'nhs-number') return nhsNumber(patient?.nhsNumber ?? asked);
  if (what === 'hospital-number') return patient?.hospitalNumber ?? asked;
  if (what === 'born') return patient ? bornWithAge(patient, now) : isoDate(asked);
  return patient ? patientName(patient) : asked;
}

function NoMatch({ compared }: { compared: Compared[] }) {
  const matching = compared.filter((each) => each.matches).length;
  return (
    <section class="card card--bad" role="alert" aria-labelledby="no-match">
      <h2 id="no-match">
        Not linked: {matching} of {compared.length} match
      </h2>
      <ComparedList compared={compared} now={0} />
      <p class="small">
        {compared.length === 2 ? 'Both' : 'All'} must match, or it may be somebody else. Read them from the wristband
        again, letter by letter. The record is not shown until they do.
      </p>
    </section>
  );
}

type NamesakeProps = { namesake: Namesake; patient: Patient; by: IdentifyingNumber };

/** The other patient: the name, what differs, and the last four of the number that was typed. Never the full identifiers. */
function NamesakeCard({ namesake, patient, by }: NamesakeProps) {
  const mine = patientName(patient);
  const differs = (part: Namesake['differs'][number]) => namesake.differs.includes(part);
  const id = `namesake-${namesake.lastFour || namesake.hospitalLastFour}`;
  const theirs = endingOf(namesake, by);
  return (
    <section class="card card--warn" aria-labelledby={id}>
      <h2 id={id}>
        <WarningIcon size="l" />{' '}
        {namesake.source === 'index'
          ? 'A very similar patient is in the index'
          : 'You have a thread about a very similar patient'}
        <span class="vh">: {namesake.name}</span>
      </h2>
      <table class="cmpare">
        <thead>
          <tr>
            <td />
            <th scope="col">You are linking</th>
            <th scope="col">Not this one</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">Name</th>
            <td>
              <Differences text={mine} others={[namesake.name]} />
            </td>
            <td>
              <Differences text={namesake.name} others={[mine]} />
            </td>
          </tr>
          <tr>
            <th scope="row">Born</th>
            <td class={differs('born') ? 'differs' : ''}>{isoDate(patient.born)}</td>
            <td class={differs('born') ? 'differs' : 'muted'}>{differs('born') ? 'another day' : 'the same day'}</td>
          </tr>
          <tr>
            <th scope="row">{identifierWords[by]}</th>
            <td>
              ending <span class="differs">{lastFour(patient, by)}</span>
            </td>
            <td>
              {theirs ? (
                <>
                  ending <span class="differs">{theirs}</span>
                </>
              ) : (
                <span class="muted">not known</span>
              )}
            </td>
          </tr>
        </tbody>
      </table>
    </section>
  );
}

function Refusal({ icon, title, children }: { icon: ComponentChildren; title: string; children: ComponentChildren }) {
  return (
    <section class="card card--bad" role="alert">
      <h2>
        {icon} {title}
      </h2>
      <p class="small">{children}</p>
    </section>
  );
}
