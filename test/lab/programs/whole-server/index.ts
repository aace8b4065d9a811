// The program itself, with a config of its own. The provider looks for `components` in the project's folder.
export const program: unknown = await import(`${process.cwd()}/program.ts`)
