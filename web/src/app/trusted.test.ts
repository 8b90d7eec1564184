import { expect, test } from 'vitest';
import { assetUrl } from './trusted.ts';

const origin = 'https://wardline.example';

test('R07 a script of ours is allowed', () => {
  expect(assetUrl('/assets/worker-Ab_1-x.js', origin)).toBe(`${origin}/assets/worker-Ab_1-x.js`);
});

test.each([
  'https://elsewhere.example/assets/worker.js',
  '//elsewhere.example/assets/worker.js',
  'data:text/javascript,alert(1)',
  'blob:https://wardline.example/1',
  '/assets/../upload/x.js',
  '/assets/worker.js?x=1',
  '/assets/worker.css',
  '/v1/x.js',
])('R07 %s is refused', (address) => expect(() => assetUrl(address, origin)).toThrow(TypeError));
