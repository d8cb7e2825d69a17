// Records what prometheus-operator 0.61.1 generates.
package main

import (
	"context"

	"github.com/go-kit/log"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/prometheus-operator/prometheus-operator/pkg/assets"
	"github.com/prometheus-operator/prometheus-operator/pkg/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"

	"prom-doctor/tests/operator/corpus"
)

func main() {
	corpus.Record(corpus.Operator{Version: "0.61.1", Lacks: []string{"ScrapeConfig", "PrometheusAgent"}, Answer: answer})
}

// answer fills the store as the operator's own sync does, and generates. The rest of what that checks of monitors
// (relabelings, intervals, file access) cannot be called from outside and is left out.
func answer(c *corpus.Case) []byte {
	ctx := context.Background()
	var stored []runtime.Object
	for _, secret := range corpus.Of[corev1.Secret](c, "Secret") {
		stored = append(stored, secret)
	}
	for _, configMap := range corpus.Of[corev1.ConfigMap](c, "ConfigMap") {
		stored = append(stored, configMap)
	}
	client := fake.NewSimpleClientset(stored...)
	store := assets.NewStore(client.CoreV1(), client.CoreV1())

	sm := corpus.Of[monitoringv1.ServiceMonitor](c, "ServiceMonitor")
	for _, m := range sm {
		for i, endpoint := range m.Spec.Endpoints {
			key, auth := corpus.Place(m.Namespace, m.Name, i), corpus.Place("auth/"+m.Namespace, m.Name, i)
			corpus.Check(store.AddBearerToken(ctx, m.Namespace, endpoint.BearerTokenSecret, "serviceMonitor/"+key))
			corpus.Check(store.AddBasicAuth(ctx, m.Namespace, endpoint.BasicAuth, "serviceMonitor/"+key))
			if endpoint.TLSConfig != nil {
				corpus.Check(store.AddTLSConfig(ctx, m.Namespace, endpoint.TLSConfig))
			}
			corpus.Check(store.AddOAuth2(ctx, m.Namespace, endpoint.OAuth2, "serviceMonitor/"+key))
			corpus.Check(store.AddSafeAuthorizationCredentials(ctx, m.Namespace, endpoint.Authorization, "serviceMonitor/"+auth))
		}
	}
	pm := corpus.Of[monitoringv1.PodMonitor](c, "PodMonitor")
	for _, m := range pm {
		for i, endpoint := range m.Spec.PodMetricsEndpoints {
			key, auth := corpus.Place(m.Namespace, m.Name, i), corpus.Place("auth/"+m.Namespace, m.Name, i)
			corpus.Check(store.AddBearerToken(ctx, m.Namespace, endpoint.BearerTokenSecret, "podMonitor/"+key))
			corpus.Check(store.AddBasicAuth(ctx, m.Namespace, endpoint.BasicAuth, "podMonitor/"+key))
			if endpoint.TLSConfig != nil {
				corpus.Check(store.AddSafeTLSConfig(ctx, m.Namespace, &endpoint.TLSConfig.SafeTLSConfig))
			}
			corpus.Check(store.AddOAuth2(ctx, m.Namespace, endpoint.OAuth2, "podMonitor/"+key))
			corpus.Check(store.AddSafeAuthorizationCredentials(ctx, m.Namespace, endpoint.Authorization, "podMonitor/"+auth))
		}
	}
	probes := corpus.Of[monitoringv1.Probe](c, "Probe")
	for key, m := range probes {
		corpus.Check(store.AddBearerToken(ctx, m.Namespace, m.Spec.BearerTokenSecret, "probe/"+key))
		corpus.Check(store.AddBasicAuth(ctx, m.Namespace, m.Spec.BasicAuth, "probe/"+key))
		if m.Spec.TLSConfig != nil {
			corpus.Check(store.AddSafeTLSConfig(ctx, m.Namespace, &m.Spec.TLSConfig.SafeTLSConfig))
		}
		corpus.Check(store.AddSafeAuthorizationCredentials(ctx, m.Namespace, m.Spec.Authorization, "probe/auth/"+key))
		corpus.Check(store.AddOAuth2(ctx, m.Namespace, m.Spec.OAuth2, "probe/"+key))
	}
	server := corpus.Read[monitoringv1.Prometheus](&c.Server)
	if api := server.Spec.APIServerConfig; api != nil {
		corpus.Check(store.AddBasicAuth(ctx, server.Namespace, api.BasicAuth, "apiserver"))
		corpus.Check(store.AddAuthorizationCredentials(ctx, server.Namespace, api.Authorization, "apiserver/auth"))
	}

	// This version asks the API server for EndpointSlices in a way that finds none, so they count as not supported.
	generator := corpus.Must(prometheus.NewConfigGenerator(log.NewNopLogger(), server, false))
	return corpus.Must(generator.Generate(server, sm, pm, probes, store, []byte(c.Additional), nil, nil, nil))
}
