/** Larger files are no profiles: Docker's default has 20 kB. */
export const MAX_SOURCE_BYTES = 4 * 1024 * 1024;
