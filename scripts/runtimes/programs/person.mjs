/** The browser and the person before it, as a program that BROWSER can name: signs in over HTTP at the address that it is given. */
const [support, address] = process.argv.slice(2);
const { signInOverHttp } = await import(support);
await signInOverHttp(address);
