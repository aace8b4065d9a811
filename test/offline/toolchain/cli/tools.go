//go:build tools

// Package tools pins what the lab's own build of the Pulumi CLI is made from. See ../README.md.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
