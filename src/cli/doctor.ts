export const doctor = async (args: unknown) => (args ? 1 : 0);
