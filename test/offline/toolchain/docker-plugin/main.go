// Command pulumi-resource-docker is the Docker provider's plugin for the lab: the provider's own Go module (the one the
// official plugin wraps) behind Pulumi's bridge, built where the official plugin cannot be downloaded. The module path
// lies under the provider's, which is what lets it import the provider's internal package.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// The npm package's version: the engine asks for the plugin by it.
const version = "5.2.0"

//go:embed schema.json
var schema []byte

func token(name string) tokens.Type { return tfbridge.MakeResource("docker", "index", name) }

func main() {
	info := tfbridge.ProviderInfo{
		P:            shimv2.NewProvider(provider.New(version)()),
		Name:         "docker",
		Version:      version,
		MetadataInfo: tfbridge.NewProviderMetadata([]byte("{}")),
		// What the lab does not use. docker.Image, the official plugin's own resource that builds images, is not here either.
		IgnoreMappings: []string{
			"docker_registry_image", "docker_config", "docker_secret", "docker_service",
			"docker_plugin", "docker_tag", "docker_buildx_builder",
		},
		Resources: map[string]*tfbridge.ResourceInfo{
			"docker_container": {
				Tok:    token("Container"),
				Fields: map[string]*tfbridge.SchemaInfo{"networks_advanced": {Name: "networksAdvanced"}},
			},
			"docker_image":   {Tok: token("RemoteImage")},
			"docker_network": {Tok: token("Network")},
			"docker_volume":  {Tok: token("Volume")},
		},
	}
	tfbridge.Main("docker", version, info, schema)
}
