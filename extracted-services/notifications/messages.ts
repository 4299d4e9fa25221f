import type { EventType } from '../chassis/events/cloud-event.ts';
import type { EventData } from './event-data.ts';

/** What a person is told. */
export interface Message {
  readonly subject: string;
  readonly text: string;
}

/** Which events are news for a person, and in which words: one line for each. */
export const messages: Readonly<Partial<Record<EventType, (data: EventData) => Message>>> = {
  'user.registered.v1': data => ({
    subject: 'Welcome',
    text: `Hello ${data.text('fullName')}, your account is ready.`,
  }),
  'order.placed.v1': data => ({
    subject: `We have your order ${data.text('orderId')}`,
    text: 'We are checking stock and payment, and write again in a moment.',
  }),
  'order.confirmed.v1': data => ({
    subject: `Your order ${data.text('orderId')} is confirmed`,
    text: 'Everything is in stock and paid. It is on its way soon.',
  }),
  'order.rejected.v1': data => ({
    subject: `Your order ${data.text('orderId')} could not be taken`,
    text: 'Nothing was charged. You will find the reason with the order.',
  }),
  'order.cancelled.v1': data => ({
    subject: `Your order ${data.text('orderId')} is cancelled`,
    text: 'What was paid goes back to your card.',
  }),
  'payment.captured.v1': data => ({
    subject: `Payment for order ${data.text('orderId')}`,
    text: `We have taken ${data.money('cents')} from your card ending in ${data.text('lastFour')}.`,
  }),
  'payment.declined.v1': data => ({
    subject: `Payment for order ${data.text('orderId')} was declined`,
    text: `Your bank declined the card ending in ${data.text('lastFour')}.`,
  }),
  'payment.refunded.v1': data => ({
    subject: `Refund for order ${data.text('orderId')}`,
    text: `We have given ${data.money('cents')} back to your card ending in ${data.text('lastFour')}.`,
  }),
};

/** What else is listened to, for the address of a person. */
const aboutPeople: readonly EventType[] = ['user.registered.v1', 'user.changed.v1'];

export const isAboutPerson = (type: string): boolean => aboutPeople.some(known => known === type);

/** All types that the service listens to. */
export const listenedTo: readonly string[] = [...new Set([...Object.keys(messages), ...aboutPeople])];

export const messageOf = (type: string): ((data: EventData) => Message) | undefined =>
  Object.hasOwn(messages, type) ? messages[type as EventType] : undefined;
