import { type ErrorCatalogue, defineErrors } from "plinth/core";

interface Details {
  FILE_NOT_FOUND: { id: string };
  FILE_MISSING: object;
  MULTIPART_UNSUPPORTED: object;
  STORAGE_FULL: object;
  STORAGE_UNSUPPORTED: { scheme: string };
}

export const errors: ErrorCatalogue<Details, "parcel"> = defineErrors<Details, "parcel">("parcel", {
  FILE_NOT_FOUND: { status: 404, title: "File not found", message: (d) => `You have no file ${d.id}.` },
  FILE_MISSING: { status: 400, title: "File missing", message: () => 'The form has no file. Send one under the name "file".' },
  MULTIPART_UNSUPPORTED: {
    status: 415,
    title: "Multipart not supported",
    message: () =>
      'Send the file itself as the body, with its media type in Content-Type and its name in ?name=, or a form (multipart/form-data) with one file under the name "file".',
  },
  STORAGE_FULL: {
    status: 507,
    title: "Storage full",
    message: () => "There is no room for this file. Nothing of it was kept; try again later, or send a smaller one.",
  },
  STORAGE_UNSUPPORTED: {
    title: "Storage not supported",
    message: (d) => `Parcel keeps files on the local disk so far, not in ${d.scheme}. Set STORAGE_URL to file:<folder>.`,
  },
});
