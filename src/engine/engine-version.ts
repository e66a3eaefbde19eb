/** Stands in the metadata of every event. Kept equal to package.json by a test. */
export const engineVersion = '0.1.0';
