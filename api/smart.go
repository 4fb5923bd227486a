package api

import (
	"encoding/json"
	"net/http"
	"strings"
)

// smart is .well-known/smart-configuration
// (http://hl7.org/fhir/smart-app-launch/conformance.html), of what is there:
// programs with a secret and peers with a signed assertion. There is no launch
// and no authorisation endpoint.
func (c *call) smart() (*answer, error) {
	node := strings.TrimSuffix(c.base, "/"+c.site.Slug+"/"+c.lens.String()+"/fhir")
	body, err := json.Marshal(map[string]any{
		"token_endpoint":                        node + "/" + c.site.Slug + "/auth/token",
		"jwks_uri":                              node + "/.well-known/jwks.json",
		"grant_types_supported":                 []string{"client_credentials"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post", "private_key_jwt"},
		"token_endpoint_auth_signing_alg_values_supported": []string{"EdDSA", "ES256", "ES384", "RS384"},
		"scopes_supported": []string{"system/*.cruds", "system/*.rs", "user/*.cruds", "user/*.rs"},
		"capabilities":     []string{"client-confidential-symmetric", "permission-v1", "permission-v2"},
	})
	return &answer{status: http.StatusOK, body: body, typ: "application/json"}, err
}
