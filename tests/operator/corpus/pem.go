package corpus

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"time"
)

// pair is a self-signed certificate and its key, by the words that stand for them in the corpus. The operator wants
// real ones, but no answer holds them, so they need not last.
func pair() (map[string]string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "recorder"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
	}
	certificate, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return map[string]string{
		"(certificate)": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})),
		"(key)":         string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})),
	}, nil
}

// fill writes the texts of a Secret's stringData and a ConfigMap's data as the API server would give them, with the
// certificate and the key in place of their words.
func fill(value map[string]any, words map[string]string) {
	field := map[any]string{"Secret": "stringData", "ConfigMap": "data"}[value["kind"]]
	texts, _ := value[field].(map[string]any)
	if texts == nil {
		return
	}
	data := map[string]any{}
	for key, text := range texts {
		text, _ := text.(string)
		if word, found := words[text]; found {
			text = word
		}
		if field == "stringData" {
			text = base64.StdEncoding.EncodeToString([]byte(text))
		}
		data[key] = text
	}
	delete(value, "stringData")
	value["data"] = data
}
