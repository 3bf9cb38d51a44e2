import "keystone-auth/node";
