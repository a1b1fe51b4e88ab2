/** Names of files in the workspace of the server. */
export const valuesName = "values.bin";
export const thumbnailName = "thumbnail.png";
export const documentName = "document.json";
