import type { Clock } from '../core/clock.ts';
import type { Answers, Question, ToWorker } from './messages.ts';

/** What a worker was asked and has not answered yet. */
export interface Questions {
  /** Undefined where no answer comes in time. Never rejects. */
  ask<Q extends Question>(question: Q, ms: number): Promise<Answers[Q] | undefined>;
  answered(id: number, answer: Answers[Question]): void;
  /** Whoever was asked is gone. */
  forget(): void;
}

export interface QuestionsDeps {
  readonly clock: Clock;
  readonly isStoreAway: () => boolean;
  send(message: ToWorker): void;
}

export function createQuestions({ clock, isStoreAway, send }: QuestionsDeps): Questions {
  const waiting = new Map<number, (answer: Answers[Question] | undefined) => void>();
  let lastId = 0;
  return {
    ask<Q extends Question>(question: Q, ms: number): Promise<Answers[Q] | undefined> {
      const id = ++lastId;
      return new Promise(resolve => {
        const cancel = clock.after(ms, () => settle(undefined));
        const settle = (answer: Answers[Question] | undefined): void => {
          waiting.delete(id);
          cancel();
          resolve(answer as Answers[Q] | undefined);
        };
        waiting.set(id, settle);
        send({ kind: 'ask', id, question, isStoreAway: isStoreAway() });
      });
    },
    answered: (id, answer) => waiting.get(id)?.(answer),
    forget() {
      for (const settle of [...waiting.values()]) settle(undefined);
    },
  };
}
