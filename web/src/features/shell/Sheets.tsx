/** The sheet that the address names, over what stands under it. */
import { type MessageItem, notMember, type Statement } from '../../core/contract.ts';
import { isVeryWide } from '../../platform/viewport.ts';
import { Sheet } from '../../ui/Sheet.tsx';
import { NewMessage } from '../directory/NewMessage.tsx';
import { NewTeam } from '../directory/NewTeam.tsx';
import { RenewKeys } from '../lock/RenewKeys.tsx';
import { Ways } from '../lock/Ways.tsx';
import { AddMember } from '../members/AddMember.tsx';
import { Details } from '../members/Details.tsx';
import { Readmit } from '../members/Readmit.tsx';
import { RemoveMember } from '../members/RemoveMember.tsx';
import { SafetyWords } from '../members/SafetyWords.tsx';
import { Banner } from '../patient/Banner.tsx';
import { Identify } from '../patient/Identify.tsx';
import { NewPatient } from '../patient/NewPatient.tsx';
import { AgainSheet } from '../record/AgainSheet.tsx';
import { CloseSheet } from '../record/CloseSheet.tsx';
import { CountersignSheet } from '../record/CountersignSheet.tsx';
import { TakeBackSheet } from '../record/TakeBackSheet.tsx';
import { WrongPatient } from '../patient/WrongPatient.tsx';
import { DecideSheet } from '../record/DecideSheet.tsx';
import { FileSheet } from '../record/FileSheet.tsx';
import { useClient } from '../session/client.ts';
import type { ThreadStore } from '../thread/store.ts';
import '../../styles/thread-part.css';

export function Sheets({ store }: { store: ThreadStore | undefined }) {
  const client = useClient();
  const route = client.router.route.value;
  const close = () => client.router.close();
  switch (route.at) {
    case 'new':
      return <NewMessage />;
    case 'new-team':
      return <NewTeam />;
    case 'new-patient':
      return <NewPatient />;
    case 'ways':
      return <Ways />;
    case 'keys':
      return <RenewKeys />;
    case 'inbox':
    case 'more':
    case 'decisions':
    case 'thread':
    case 'policies':
    case 'policy':
      return null;
    default:
      break;
  }
  const head = store?.head.value;
  if (!store || !head) return null;
  if (head.readOnly?.code === notMember) {
    return (
      <Sheet title={head.readOnly.message} onClose={close}>
        <p>{head.readOnly.hint}</p>
      </Sheet>
    );
  }
  const items = store.rows.value.flatMap((row) => (row.type === 'item' ? [row] : []));
  switch (route.at) {
    case 'details':
      // With room for three panes the details stand beside the thread.
      if (isVeryWide.value) return null;
      return (
        <Sheet
          title="Details"
          subtitle={head.name}
          back
          closeLabel="Back to the thread"
          onClose={close}
          flush
          under={head.patient && <Banner patient={head.patient} now={client.now.value} />}
        >
          <Details head={head} keyChanges={store.keyChanges.value} />
        </Sheet>
      );
    case 'add':
      return <AddMember head={head} />;
    case 'words':
      return <SafetyWords head={head} />;
    case 'remove':
      return <RemoveMember head={head} person={route.person} />;
    case 'wrong-patient':
      return <WrongPatient head={head} />;
    case 'identify':
      return <Identify head={head} />;
    case 'readmit':
      return <Readmit head={head} person={route.person} />;
    case 'decide': {
      const messages = items.flatMap(({ item, partOf }): Statement[] =>
        item.kind === 'message' && !partOf && !isWaiting(item) ? [asStatement(item)] : [],
      );
      const older = {
        has: store.hasOlder.value,
        loading: store.loadingOlder.value,
        load: () => void store.loadOlder(),
      };
      return <DecideSheet head={head} message={route.message} messages={messages} older={older} />;
    }
    case 'correct': {
      const found = items.find(({ item }) => 'id' in item && item.id === route.decision)?.item;
      const corrected = found?.kind === 'decision' ? found : undefined;
      return (
        <DecideSheet
          head={head}
          message={undefined}
          messages={corrected?.form?.parts.flatMap(({ quoted }) => quoted) ?? []}
          corrects={{ decision: route.decision, item: corrected }}
        />
      );
    }
    case 'take-back':
      return <TakeBackSheet head={head} decision={route.decision} />;
    case 'countersign':
      return <CountersignSheet head={head} decision={route.decision} />;
    case 'again':
      return <AgainSheet head={head} decision={route.decision} />;
    case 'close':
      return <CloseSheet head={head} seen={newestIn(items.map(({ item }) => item.order))} />;
    case 'file': {
      const found = items.find(({ item }) => item.kind === 'decision' && item.id === route.decision)?.item;
      const background = found?.kind === 'decision' ? found.background : [];
      return (
        <FileSheet
          head={head}
          decision={route.decision}
          background={background}
          markedBy={found?.kind === 'decision' ? found.markedBy.id : undefined}
        />
      );
    }
  }
}

const asStatement = ({ id, author, own, at, text }: MessageItem): Statement => ({ id, author, own, at, text });

/** What is still in the outbox sorts after every place of the log. */
const newestIn = (orders: number[]): number => Math.max(0, ...orders.filter((order) => order < 2 ** 40));

/** Still in the outbox: it has no place in the log that a decision could point at. */
const isWaiting = (item: MessageItem): boolean =>
  item.delivery?.state === 'queued' || item.delivery?.state === 'failed';
