/** The browser's WebSocket as the core wants it. */
import type { OpenSocket } from './live.ts';

export const browserSocket: OpenSocket = (url, handlers) => {
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  let over = false;
  const close = () => {
    if (over) return;
    over = true;
    handlers.close();
  };
  socket.addEventListener('open', () => handlers.open());
  socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (typeof data === 'string') handlers.message(data);
    else if (data instanceof ArrayBuffer) handlers.message(new Uint8Array(data));
  });
  socket.addEventListener('close', close);
  socket.addEventListener('error', () => socket.close());
  return {
    send: (data) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(data);
    },
    close: () => {
      socket.close();
      close();
    },
  };
};
