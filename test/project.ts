/** The project's own folder, for fixtures and models. Tests change into folders of their own, so it is taken at the start. */
export const projectFolder: string = process.cwd();
