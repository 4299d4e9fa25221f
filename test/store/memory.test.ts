import { createMemoryStore } from '../../gateway/store/memory.ts';
import { describeStore } from '../contract/store.suite.ts';

describeStore('memory', async () => {
  const store = createMemoryStore();
  return { store, [Symbol.asyncDispose]: () => store.close() };
});
