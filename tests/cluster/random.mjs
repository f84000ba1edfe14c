// SPDX-License-Identifier: Apache-2.0
//
// Random numbers that are the same for the same seed, which SLUICE_SEED gives.

export const seed = Number(process.env.SLUICE_SEED ?? Date.now() % 1e6);

// `random(n)`: an integer below n.
export function seeded(from = seed) {
  let state = from;
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}
