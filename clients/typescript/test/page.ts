// A page for React in Node. Imported before React, which looks for `window` when it is loaded.
import { Window } from 'happy-dom';

const window = new Window({ url: 'http://localhost/' });
const { document, localStorage, navigator } = window;
for (const [name, value] of Object.entries({ window, document, localStorage, navigator, IS_REACT_ACT_ENVIRONMENT: true })) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Waits until a check passes, for five seconds at most. */
export async function eventually(check: () => void, wait = () => pause(10)): Promise<void> {
  const end = Date.now() + 5000;
  for (;;) {
    try {
      return check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await wait();
    }
  }
}
