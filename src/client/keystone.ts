/** Where Cegal's Keystone is. */
const KEYSTONE = "keystone.cegal-geo.com/identity";

export const KEYSTONE_URL = `https://${KEYSTONE}`;
export const KEYSTONE_STG_URL = `https://stg-${KEYSTONE}`;
export const KEYSTONE_DEV_URL = `https://dev-${KEYSTONE}`;
