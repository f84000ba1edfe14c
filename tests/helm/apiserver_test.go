// SPDX-License-Identifier: Apache-2.0

//go:build soak

package helm

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	meta_v1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"sigs.k8s.io/yaml"
)

// apiServer is a kube-apiserver on loopback with an etcd of its own, which the tests start from the
// binaries in $SLUICE_KUBE (tools/chart.sh builds them). No controller runs: what is asked is whether
// it takes an object, and what an upgrade changes.
type apiServer struct {
	folder     string // of its files
	binaries   string
	kubeconfig string
	config     *rest.Config
	client     dynamic.Interface
	mapper     meta.RESTMapper
}

const startDeadline = 2 * time.Minute

func startApiServer(t *testing.T) *apiServer {
	t.Helper()
	server := &apiServer{folder: t.TempDir(), binaries: os.Getenv("SLUICE_KUBE")}
	if server.binaries == "" {
		t.Fatal("SLUICE_KUBE names no folder with etcd, kube-apiserver, helm and crds")
	}
	ports := freePorts(t, 3)
	server.startEtcd(t, ports)
	server.startKube(t, ports)
	server.connect(t)
	return server
}

func (s *apiServer) startEtcd(t *testing.T, ports []int) {
	client, peer := fmt.Sprintf("http://127.0.0.1:%d", ports[0]), fmt.Sprintf("http://127.0.0.1:%d", ports[1])
	s.start(t, "etcd", "--data-dir="+s.folder+"/etcd", "--log-level=warn", "--unsafe-no-fsync",
		"--listen-client-urls="+client, "--advertise-client-urls="+client,
		"--listen-peer-urls="+peer, "--initial-advertise-peer-urls="+peer, "--initial-cluster=default="+peer)
}

func (s *apiServer) startKube(t *testing.T, ports []int) {
	token := rand.Text()
	write(t, s.folder+"/tokens.csv", token+",test,test,system:masters\n")
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	write(t, s.folder+"/accounts.key", string(pem.EncodeToMemory(
		&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})))
	s.start(t, "kube-apiserver", fmt.Sprintf("--etcd-servers=http://127.0.0.1:%d", ports[0]),
		"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", ports[2]),
		"--cert-dir="+s.folder, "--endpoint-reconciler-type=none", "--service-cluster-ip-range=10.96.0.0/16",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-signing-key-file="+s.folder+"/accounts.key",
		"--service-account-key-file="+s.folder+"/accounts.key",
		// Nobody makes the accounts of namespaces.
		"--disable-admission-plugins=ServiceAccount",
		"--token-auth-file="+s.folder+"/tokens.csv", "--authorization-mode=RBAC")
	s.kubeconfig = s.folder + "/kubeconfig"
	host := fmt.Sprintf("https://127.0.0.1:%d", ports[2])
	write(t, s.kubeconfig, fmt.Sprintf(`{apiVersion: v1, kind: Config, current-context: test,
clusters: [{name: test, cluster: {server: %q, certificate-authority: apiserver.crt}}],
users: [{name: test, user: {token: %s}}], contexts: [{name: test, context: {cluster: test, user: test}}]}
`, host, token))
	s.config = &rest.Config{Host: host, BearerToken: token, QPS: 1000, Burst: 1000,
		TLSClientConfig: rest.TLSClientConfig{CAFile: s.folder + "/apiserver.crt"}}
}

// start runs one of the servers until the end of the test.
func (s *apiServer) start(t *testing.T, name string, arguments ...string) {
	t.Helper()
	log, err := os.Create(s.folder + "/" + name + ".log")
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(s.binaries+"/"+name, arguments...)
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		killer := time.AfterFunc(20*time.Second, func() { _ = command.Process.Kill() })
		_ = command.Wait()
		killer.Stop()
		if t.Failed() {
			t.Logf("%s:\n%s", name, tail(read(t, log.Name()), 2000))
		}
	})
}

func tail(text string, bytes int) string { return text[max(0, len(text)-bytes):] }

func freePorts(t *testing.T, count int) []int {
	t.Helper()
	var ports []int
	for range count {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

// until tries again until it works, or the deadline is over.
func until(t *testing.T, what string, try func() error) {
	t.Helper()
	deadline := time.Now().Add(startDeadline)
	for {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %v", what, err)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// connect waits until the server is ready and has the types that the chart uses.
func (s *apiServer) connect(t *testing.T) {
	t.Helper()
	until(t, "the server's certificate", func() error { _, err := os.Stat(s.folder + "/apiserver.crt"); return err })
	until(t, "the client", func() (err error) { s.client, err = dynamic.NewForConfig(s.config); return err })
	until(t, "the server", s.discover)
	until(t, "namespaces", func() error { return s.create(namespace("chat")) })
	if err := s.create(namespace("monitoring")); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(s.binaries + "/crds/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no definitions in %s/crds: %v", s.binaries, err)
	}
	for _, file := range files {
		for _, definition := range split(t, map[string]string{file: read(t, file)}) {
			if err := s.create(definition.tree); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
		}
	}
	until(t, "definitions", s.hasDefinitions)
}

func (s *apiServer) hasDefinitions() error {
	if err := s.discover(); err != nil {
		return err
	}
	for _, text := range []string{
		"{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute}", "{apiVersion: monitoring.coreos.com/v1, kind: PrometheusRule}",
		"{apiVersion: monitoring.coreos.com/v1, kind: ServiceMonitor}", "{apiVersion: monitoring.coreos.com/v1, kind: PodMonitor}",
	} {
		tree := values{}
		if err := yaml.Unmarshal([]byte(text), &tree); err != nil {
			return err
		}
		if _, err := s.resource(&unstructured.Unstructured{Object: tree}); err != nil {
			return err
		}
	}
	return nil
}

func namespace(name string) values {
	return values{"apiVersion": "v1", "kind": "Namespace", "metadata": values{"name": name,
		"labels": values{"pod-security.kubernetes.io/enforce": "restricted"}}}
}

func (s *apiServer) discover() error {
	client, err := discovery.NewDiscoveryClientForConfig(s.config)
	if err != nil {
		return err
	}
	groups, err := restmapper.GetAPIGroupResources(client)
	if err != nil {
		return err
	}
	s.mapper = restmapper.NewDiscoveryRESTMapper(groups)
	return nil
}

func (s *apiServer) resource(one *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	kind := one.GroupVersionKind()
	mapping, err := s.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return nil, err
	}
	all := s.client.Resource(mapping.Resource)
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		return all.Namespace(one.GetNamespace()), nil
	}
	return all, nil
}

func (s *apiServer) create(tree values, dryRun ...string) error {
	one := &unstructured.Unstructured{Object: tree}
	resource, err := s.resource(one)
	if err != nil {
		return err
	}
	_, err = resource.Create(context.Background(), one,
		meta_v1.CreateOptions{DryRun: dryRun, FieldValidation: meta_v1.FieldValidationStrict})
	return err
}
