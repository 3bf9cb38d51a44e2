// Hands the answer to the app's window and closes this one.
import "keystone-auth/browser/callback";
