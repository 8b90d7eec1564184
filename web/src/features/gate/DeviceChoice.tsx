/** R48: each device is registered as own, the organisation's or shared; one's own needs the agreement. */
import { type DeviceKind, deviceKinds } from '../../core/contract.ts';
import { Check, Radios } from '../../ui/fields.tsx';

export type DeviceState = { kind: DeviceKind | undefined; agreed: boolean };

const kinds: Record<DeviceKind, { label: string; hint: string }> = {
  trust: { label: 'The organisation’s', hint: 'A phone or computer given to you for work' },
  own: { label: 'My own', hint: 'You agree to a few rules first' },
  shared: { label: 'A shared ward PC', hint: 'Nothing stays on it when Wardline locks' },
};

type Props = { value: DeviceState; onChange: (value: DeviceState) => void; tried: boolean };

export function DeviceChoice({ value, onChange, tried }: Props) {
  const missing = tried && value.kind === 'own' && !value.agreed;
  return (
    <>
      <Radios
        legend="Whose device is this?"
        options={deviceKinds.map((kind) => ({ value: kind, ...kinds[kind] }))}
        value={value.kind}
        onChange={(kind) => onChange({ ...value, kind })}
        error={tried && !value.kind ? 'Choose one' : undefined}
      />
      {value.kind === 'own' && (
        <section class="card" aria-labelledby="agreement">
          <h2 id="agreement">Using your own device</h2>
          <ul class="points small">
            <li>It has a passcode, it locks by itself, and nobody else uses it.</li>
            <li>You report it at once when it is lost or stolen.</li>
            <li>Wardline’s own data on it may be wiped. Your photos and other apps are never touched.</li>
            <li>Losing it can have consequences for your work as well as for you.</li>
          </ul>
          <div class="row">
            <Check
              small
              checked={value.agreed}
              onChange={(agreed) => onChange({ ...value, agreed })}
              describedBy={missing ? 'agree-error' : undefined}
            >
              I agree to these rules
            </Check>
          </div>
          {missing && (
            <span class="nhsuk-error-message" id="agree-error">
              <span class="vh">Error: </span>Your own device needs the agreement
            </span>
          )}
        </section>
      )}
    </>
  );
}

export const deviceIsReady = ({ kind, agreed }: DeviceState): boolean =>
  kind !== undefined && (kind !== 'own' || agreed);
