//go:build tools

// Package tools pins what checks the workflows of .github. See ../README.md.
package tools

import _ "github.com/rhysd/actionlint/cmd/actionlint"
