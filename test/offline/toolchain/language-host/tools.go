//go:build tools

// Package tools pins what the lab's own build of Pulumi's Node language host is made from. It has a module of its own:
// in the CLI's it would drag the SDK down. See ../README.md.
package tools

import _ "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs"
