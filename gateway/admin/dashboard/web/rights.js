const ranks = { viewer: 0, operator: 1, admin: 2 };

/** Whether the session may move the route; the gateway has the last word. */
export const mayMove = (session, route) =>
  ranks[session.role] >= ranks.operator &&
  (session.routes === null || session.routes.some(pattern => isLike(pattern, route)));

/** `*` stands for any characters. */
function isLike(pattern, name) {
  const parts = pattern.split('*').map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(name);
}
