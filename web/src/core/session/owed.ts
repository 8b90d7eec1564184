/** Keys that are still to be renewed, read from the person's own log: nothing is sealed to them until then (docs/protocol.md, section 7.1). */
import type { PersonLog } from '../../crypto/person.ts';
import type { Connection } from '../contract.ts';

export function owedKeys(log: PersonLog | undefined): Connection['renew'] {
  if (!log?.current.exposed) return undefined;
  const { generation, devices } = log.current;
  const since = generation?.seq ?? 0;
  const [newest] = [...devices.values()]
    .flatMap(({ revoked }) => (revoked && revoked.seq > since ? [revoked] : []))
    .filter(({ reason }) => reason === 'lost' || reason === 'stolen')
    .sort((a, b) => b.seq - a.seq);
  return newest && { why: newest.reason === 'stolen' ? 'stolen' : 'lost', since: newest.issued };
}
