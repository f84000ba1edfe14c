// SPDX-License-Identifier: Apache-2.0
package helm

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// binary is the gateway that is asked, from the environment (tools/test.sh).
func binary(t *testing.T) string {
	t.Helper()
	path := os.Getenv("SLUICE")
	if path == "" {
		t.Skip("SLUICE names no gateway")
	}
	return path
}

// The gateway takes the configuration of each value set, with what Secrets would hold.
func TestGatewayTakesTheConfiguration(t *testing.T) {
	gateway := binary(t)
	eachSet(t, func(t *testing.T, _ string, all objects) {
		if out, err := checkConfig(t, gateway, all, ""); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
}

// The check would notice.
func TestGatewayRefusesAWrongConfiguration(t *testing.T) {
	gateway := binary(t)
	all := render(t, "config: {connections-max: 1000000}")
	if out, err := checkConfig(t, gateway, all, "connections-max: 1000000"); err == nil {
		t.Errorf("took 1e+06: %s", out)
	}
}

// checkConfig runs --check-config as the container would be started: the file, the mounts, the
// environment. What is `exponent` in the file is written as Go prints floats.
func checkConfig(t *testing.T, gateway string, all objects, exponent string) (string, error) {
	t.Helper()
	mounts := t.TempDir()
	text := ""
	for _, one := range all {
		if file := one.str("data", "sluice.yaml"); file != "" {
			text = file
		}
	}
	if exponent != "" {
		text = strings.Replace(text, exponent, "connections-max: 1e+06", 1)
	}
	secrets(t, mounts, text)
	path := filepath.Join(mounts, "sluice.yaml")
	write(t, path, strings.ReplaceAll(text, "/mnt/sluice", mounts))
	command := exec.Command(gateway, "--config="+path, "--check-config")
	command.Env = environment(t, all)
	out, err := command.CombinedOutput()
	return string(out), err
}

// environment is that of the container, with $(NAME) filled in as the kubelet does.
func environment(t *testing.T, all objects) []string {
	t.Helper()
	known := map[string]string{"POD_NAME": "edge-sluice-0", "POD_NAMESPACE": "chat", "POD_IP": "192.0.2.7"}
	fromSecrets := map[string]string{"REDIS_USERNAME": "gateway", "REDIS_PASSWORD": "p%40ss", "SLUICE_STORAGE": "redis://:a@redis.data"}
	var result []string
	for _, entry := range at(container(t, all), "env").([]any) {
		variable := entry.(values)
		name := variable["name"].(string)
		text, _ := variable["value"].(string)
		if at(variable, "valueFrom", "secretKeyRef") != nil {
			text = fromSecrets[name]
		} else if variable["valueFrom"] != nil {
			text = known[name]
		}
		text = regexp.MustCompile(`\$\([A-Z_]+\)`).ReplaceAllStringFunc(text, func(reference string) string {
			value, ok := known[reference[2:len(reference)-1]]
			if !ok {
				t.Errorf("%s refers to %s, which is not known before it", name, reference)
			}
			return value
		})
		known[name] = text
		result = append(result, name+"="+text)
	}
	return result
}

// secrets writes what the file names under /mnt/sluice.
func secrets(t *testing.T, mounts, text string) {
	t.Helper()
	certificate, key := selfSigned(t)
	for _, path := range regexp.MustCompile(`/mnt/sluice(/\S+)`).FindAllStringSubmatch(text, -1) {
		file := mounts + path[1]
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		switch filepath.Base(file) {
		case "tls.crt", "ca.crt":
			write(t, file, certificate)
		case "tls.key":
			write(t, file, key)
		case "keys.yaml":
			write(t, file, "- algorithm: HS256\n  secret_file: secret\n")
			write(t, filepath.Dir(file)+"/secret", strings.Repeat("s", 32))
		case "token", "keys", "sentinel-password":
			write(t, file, strings.Repeat("t", 40)+"\n")
		default:
			t.Errorf("nobody knows what is in %s", path[0])
		}
	}
}

func selfSigned(t *testing.T) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sluice"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	bytes, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return encode("CERTIFICATE", der), encode("PRIVATE KEY", bytes)
}
