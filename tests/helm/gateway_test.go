// SPDX-License-Identifier: Apache-2.0
package helm

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
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

// `helm test` as it is rendered, against a gateway as it is rendered, but on loopback: the token, mTLS
// and the command's flags.
func TestHelmTestAsksANode(t *testing.T) {
	gateway, sluicectl := binary(t), os.Getenv("SLUICECTL")
	if sluicectl == "" {
		t.Skip("SLUICECTL names no command line")
	}
	for name, text := range map[string]string{
		"token":    "control: {token: {existingSecret: a}}",
		"insecure": "control: {insecure: true}",
		"mTLS": "control: {token: {existingSecret: a}, tls: {existingSecret: b}, clientCA: {existingSecret: b}}\n" +
			"test: {tlsServerName: localhost, tlsSecret: c}",
		"TLS": "control: {token: {existingSecret: a}, tls: {existingSecret: b}}\ntest: {tlsServerName: localhost}",
	} {
		t.Run(name, func(t *testing.T) {
			all, mounts := render(t, text), t.TempDir()
			address := run(t, gateway, all, mounts, "127.0.0.1:0").Control
			command := at(all.of(t, "Pod", "edge-sluice-test").tree, "spec", "containers").([]any)[0].(values)
			if texts(command["command"])[0] != "/usr/bin/sluicectl" {
				t.Fatalf("the test is %v", command)
			}
			var arguments []string
			for _, argument := range texts(command["args"]) {
				argument = strings.ReplaceAll(argument, "/mnt/sluice/test-tls", mounts+"/control-tls")
				argument = strings.ReplaceAll(argument, "/mnt/sluice", mounts)
				arguments = append(arguments, strings.Replace(argument, "edge-sluice-grpc.chat.svc:50051", address, 1))
			}
			out, err := exec.Command(sluicectl, arguments...).CombinedOutput()
			if err != nil || !strings.Contains(string(out), "edge-sluice-0") {
				t.Errorf("%v: %s", err, out)
			}
			if name != "insecure" {
				if out, err := exec.Command(sluicectl, "nodes", "list", "--address="+address, "--timeout=2s").CombinedOutput(); err == nil {
					t.Errorf("anybody may ask: %s", out)
				}
			}
		})
	}
}

// Probes use the pod's first address, whichever family that is of.
func TestBothFamiliesReachEachPort(t *testing.T) {
	gateway := binary(t)
	probe, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skipf("this machine has no IPv6: %v", err)
	}
	probe.Close()
	addresses := run(t, gateway, render(t, "control: {insecure: true}"), t.TempDir(), "[::]:0")
	for _, bound := range []string{addresses.Listen, addresses.Control, addresses.Admin} {
		_, port, err := net.SplitHostPort(bound)
		if err != nil {
			t.Fatal(err)
		}
		for _, host := range []string{"127.0.0.1", "::1"} {
			connection, err := net.DialTimeout("tcp", net.JoinHostPort(host, port), 5*time.Second)
			if err != nil {
				t.Errorf("%s: %v", bound, err)
				continue
			}
			connection.Close()
		}
	}
}

type bound struct{ Listen, Control, Admin string }

// run starts a gateway with the rendered file until the end of the test, but with its three ports bound
// to free ones at `listen`, and returns their addresses.
func run(t *testing.T, gateway string, all objects, mounts, listen string) bound {
	t.Helper()
	text := all.of(t, "ConfigMap", "edge-sluice").str("data", "sluice.yaml")
	secrets(t, mounts, text)
	text = regexp.MustCompile(`(?m)^(listen|control|admin): .*$`).ReplaceAllString(text, "$1: '"+listen+"'")
	text = strings.ReplaceAll(text, "15s", "0s") // shutdown-delay: the test waits for its end
	write(t, mounts+"/sluice.yaml", strings.ReplaceAll(text, "/mnt/sluice", mounts)+"address-file: "+mounts+"/addresses\n")
	log, err := os.Create(mounts + "/log")
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(gateway, "--config="+mounts+"/sluice.yaml")
	command.Env, command.Stderr = environment(t, all), log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// As the kubelet does: the hook, told whom since this is not process 1, and then the signal.
		hook := texts(at(container(t, all), "lifecycle", "preStop", "exec", "command"))
		if out, err := exec.Command(gateway, fmt.Sprintf("%s=%d", hook[1], command.Process.Pid)).CombinedOutput(); err != nil {
			t.Errorf("the hook: %v: %s", err, out)
		}
		_ = command.Process.Signal(syscall.SIGTERM)
		if err := command.Wait(); err != nil {
			t.Errorf("it ended with %v: %s", err, read(t, mounts+"/log"))
		}
	})
	var addresses bound
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		file, err := os.ReadFile(mounts + "/addresses")
		if err == nil && json.Unmarshal(file, &addresses) == nil {
			return addresses
		}
		if time.Now().After(deadline) {
			t.Fatalf("it does not listen: %s", read(t, mounts+"/log"))
		}
	}
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
			write(t, filepath.Dir(file)+"/ca.crt", certificate)
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
		IsCA: true, BasicConstraintsValid: true, DNSNames: []string{"localhost"}}
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
