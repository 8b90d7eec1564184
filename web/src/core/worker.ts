/**
 * The entry of the one worker. Until the core is in place it answers every call with a refusal in plain words, so that the app starts,
 * says so, and shows nothing.
 */
import type { Call, Reply } from './contract.ts';

addEventListener('message', (event: MessageEvent<Call>) => {
  const reply: Reply = {
    id: event.data.id,
    error: {
      code: 'worker.absent',
      message: 'This build of Wardline has no core.',
      hint: 'Nothing can be opened or sent with it. Tell the service desk.',
    },
  };
  postMessage(reply);
});
