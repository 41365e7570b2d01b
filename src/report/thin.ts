/** How a run of a hundred thousand trials still makes a page that opens. */

/**
 * At most about `limit` items: those that must stay, and every n-th of the others, in their order.
 *
 * @returns the items themselves when they are few enough
 */
export function thinned<T>(
  items: readonly T[],
  limit: number,
  mustStay: (item: T) => boolean,
): readonly T[] {
  if (items.length <= limit) return items
  const stride = Math.ceil(items.length / limit)
  return items.filter((item, index) => index % stride === 0 || mustStay(item))
}
