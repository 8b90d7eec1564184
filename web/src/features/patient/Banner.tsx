/** The patient banner: the only dark blue there is. It stands outside the scroller and never goes away. */
import type { Patient } from '../../core/contract.ts';
import { bornWithAge, isoDate, numberLabel, numberWords, patientName } from './format.ts';

export function Banner({ patient, now, look }: { patient: Patient; now: number; look?: 'wide' | 'card' | undefined }) {
  const alerts = [
    patient.temporary && (patient.family || patient.given) ? `Temporary identity ${patient.temporary}` : '',
    patient.temporary && !patient.family ? 'Temporary identity, not yet confirmed' : '',
    patient.deceased ? deceasedWords(patient.deceased) : '',
    patient.restricted ? 'Restricted record' : '',
    ...patient.needs,
  ].filter(Boolean);
  return (
    <section class={look ? `pt pt--${look}` : 'pt'} aria-label="Patient">
      <p class="pt__name">{patientName(patient)}</p>
      <dl>
        <div>
          <dt>Born</dt>
          <dd>{bornWithAge(patient, now)}</dd>
        </div>
        <div>
          <dt>{numberLabel(patient)}</dt>
          <dd>{numberWords(patient)}</dd>
        </div>
      </dl>
      {alerts.length > 0 && (
        <ul class="pt__alerts">
          {alerts.map((alert) => (
            <li key={alert}>{alert}</li>
          ))}
        </ul>
      )}
    </section>
  );
}

const deceasedWords = (deceased: string): string =>
  deceased === 'unknown' ? 'Deceased' : `Deceased ${isoDate(deceased)}`;
