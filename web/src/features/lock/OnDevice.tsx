/** Which passkeys were on a device that is gone: they go with it, as far as something stays that opens the messages. */
import type { UnlockerRef, Way, Ways } from '../../core/contract.ts';
import { whenInWords } from '../../ui/dates.ts';
import { Check } from '../../ui/fields.tsx';
import { useClient } from '../session/client.ts';

type Props = { list: Ways; chosen: readonly string[]; onChoose: (ids: string[]) => void };

export function OnDevice({ list, chosen, onChoose }: Props) {
  const now = useClient().now.value;
  const passkeys = list.ways.filter(({ kind }) => kind === 'passkey');
  if (passkeys.length === 0) return null;
  return (
    <fieldset class="nhsuk-fieldset">
      <legend class="nhsuk-fieldset__legend">Was one of your passkeys on it?</legend>
      <p class="nhsuk-hint">What you tick stops working. Leave what is on a device that you still have.</p>
      {passkeys.map((way) => {
        const ticked = chosen.includes(way.id);
        const last = !ticked && isLast(list, chosen, way);
        return (
          <div key={way.id}>
            <Check
              small
              checked={ticked}
              locked={last}
              onChange={(on) => onChoose(on ? [...chosen, way.id] : chosen.filter((id) => id !== way.id))}
            >
              Passkey{way.label && ` · ${way.label}`}, added {whenInWords(way.addedAt, now)}
              {last && (
                <span class="small muted ways__last">
                  It is all that opens your messages. Set a password first, under “Signing in and locking”.
                </span>
              )}
            </Check>
          </div>
        );
      })}
    </fieldset>
  );
}

export const refsOf = (list: Ways | undefined, chosen: readonly string[]): UnlockerRef[] =>
  (list?.ways ?? []).flatMap(({ id, opens }) => (chosen.includes(id) ? [{ id, opens }] : []));

/** Without it and what is chosen already, nothing would be left but PINs. */
function isLast({ ways }: Ways, chosen: readonly string[], way: Way): boolean {
  const left = ways.filter(({ id, kind, opens }) => opens && kind !== 'pin' && id !== way.id && !chosen.includes(id));
  return way.opens && left.length === 0;
}
